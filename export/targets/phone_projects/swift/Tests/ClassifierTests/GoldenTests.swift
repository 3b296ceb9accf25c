import Classifier
import Foundation
import XCTest

/// The answers here to the golden pictures are those that the bundle was made with.
final class GoldenTests: XCTestCase {
    private struct Golden: Decodable {
        let sets: [String: Pictures]
        let answers: [Answer]

        struct Pictures: Decodable {
            let shape: [Int]
            let images: [String]
        }

        struct Answer: Decodable {
            let file: String
            let set: String
            let expected: [[Float]]
            let tolerance: Float
        }
    }

    /// The bundle that this package lies in; a test on the simulator sees the files of the Mac.
    private let bundle = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    func testAnswersAreTheExpectedOnes() throws {
        let content = try Data(contentsOf: bundle.appendingPathComponent("golden/golden.json"))
        let golden = try JSONDecoder().decode(Golden.self, from: content)
        var compared = 0
        for answer in golden.answers {
            let pictures = try XCTUnwrap(golden.sets[answer.set])
            let classifier = try Classifier(bundle: bundle, file: answer.file)
            guard Array(classifier.input.shape.dropFirst()) == pictures.shape else { continue }  // another signature's
            for (name, expected) in zip(pictures.images, answer.expected) {
                let got = try classifier.run(picture(at: bundle.appendingPathComponent(name)))
                XCTAssertEqual(got.count, expected.count)
                let off = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
                XCTAssertLessThanOrEqual(off, answer.tolerance, "\(answer.file), \(name)")
                compared += 1
            }
        }
        XCTAssertGreaterThan(compared, 0)
    }
}
