import CoreGraphics
import Foundation
import ImageIO
import LiteRT

/// A class and its probability.
public struct Guess {
    public let label: String
    public let probability: Float
}

/// A model of a bundle, run by LiteRT on the CPU. All that it needs to know is in the bundle's `manifest.json`.
///
/// Not for several threads at once.
public final class Classifier {
    /// What the model takes.
    public let input: Tensor

    private let output: Tensor
    private let labels: [String]
    private let preprocessing: Preprocessing
    private let model: CompiledModel
    private let inputs: [TensorBuffer]
    private let outputs: [TensorBuffer]

    /// - Parameters:
    ///   - bundle: folder of the bundle.
    ///   - file: name of a `.tflite` file in it; by default the manifest's first one.
    public init(bundle: URL, file: String? = nil) throws {
        let content = try Data(contentsOf: bundle.appendingPathComponent("manifest.json"))
        let manifest = try JSONDecoder().decode(Manifest.self, from: content)
        guard let entry = manifest.models.first(where: { file == nil || $0.file == file }) else {
            throw ClassifierError.unsupported("no model of that name is in manifest.json")
        }
        guard entry.inputs.count == 1, entry.inputs[0].shape.count == 4, entry.inputs[0].shape.allSatisfy({ $0 > 0 }),
            [1, 3, 4].contains(entry.inputs[0].shape[3])
        else {
            throw ClassifierError.unsupported("\(entry.file) takes something else than one picture of a fixed size")
        }
        input = entry.inputs[0]
        output = entry.outputs[0]
        let rules = manifest.preprocessing
        preprocessing = Preprocessing(input: input, mean: rules.pixels.mean, std: rules.pixels.std, fit: rules.fit)
        var names: [String] = []
        if manifest.files["labels.txt"] != nil {
            let text = try String(contentsOf: bundle.appendingPathComponent("labels.txt"), encoding: .utf8)
            names = text.components(separatedBy: "\n").dropLast()
        }
        labels = names
        let options = try Options()
        try options.setHardwareAccelerators([.cpu])
        model = try CompiledModel(
            filePath: bundle.appendingPathComponent(entry.file).path, environment: Environment(), options: options)
        inputs = try model.createInputBuffers()
        outputs = try model.createOutputBuffers()
    }

    /// The best classes for a picture, which is upright, the best one first.
    public func classify(_ picture: CGImage, most: Int = 3) throws -> [Guess] {
        let scores = try run(picture).map { number in
            output.scale.map { (number - Float(output.zeroPoint ?? 0)) * $0 } ?? number
        }
        let guesses = probabilities(scores).enumerated().map { index, probability in
            Guess(label: index < labels.count ? labels[index] : String(index), probability: probability)
        }
        return Array(guesses.sorted { $0.probability > $1.probability }.prefix(most))
    }

    /// The numbers that the output tensor stores for a picture.
    public func run(_ picture: CGImage) throws -> [Float] {
        let rgba = try pixels(of: picture)
        try inputs[0].write(preprocessing.apply(rgba, width: picture.width, height: picture.height))
        try model.run(inputs: inputs, outputs: outputs)
        switch output.dtype {
        case "float32":
            let stored: [Float] = try outputs[0].read()
            return stored
        case "uint8":
            let stored: [UInt8] = try outputs[0].read()
            return stored.map(Float.init)
        case "int8":
            let stored: [Int8] = try outputs[0].read()
            return stored.map(Float.init)
        default:
            throw ClassifierError.unsupported("an output of \(output.dtype)")
        }
    }

    /// Of a single number, those of two classes, of which it tells the second one.
    private func probabilities(_ scores: [Float]) -> [Float] {
        let isProbability = output.name == "probabilities"
        let all = scores.count > 1 ? scores : [isProbability ? 1 - scores[0] : 0, scores[0]]
        if isProbability { return all }
        let most = all.max() ?? 0
        let powers = all.map { exp($0 - most) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}

/// The first picture of a file, as it is stored.
public func picture(at url: URL) throws -> CGImage {
    guard let source = CGImageSourceCreateWithURL(url as CFURL, nil),
        let image = CGImageSourceCreateImageAtIndex(source, 0, nil)
    else { throw ClassifierError.notAPicture }
    return image
}

/// Four bytes for each pixel: red, green, blue, alpha; the colours not weighted by the alpha.
///
/// In the picture's own gray or colours, so that no profile is applied; what is neither becomes sRGB.
private func pixels(of picture: CGImage) throws -> [UInt8] {
    let own = picture.colorSpace
    if own?.model == .monochrome, picture.alphaInfo == .none {
        return try drawn(picture, bytes: 1, in: own, .none).flatMap { [$0, $0, $0, 255] }
    }
    let space = own?.model == .rgb ? own : CGColorSpace(name: CGColorSpace.sRGB)
    var rgba = try drawn(picture, bytes: 4, in: space, .premultipliedLast)
    for start in stride(from: 0, to: rgba.count, by: 4) {
        let alpha = Int(rgba[start + 3])
        guard alpha > 0, alpha < 255 else { continue }
        for place in start..<start + 3 { rgba[place] = UInt8(min(255, (Int(rgba[place]) * 255 + alpha / 2) / alpha)) }
    }
    return rgba
}

private func drawn(
    _ picture: CGImage, bytes: Int, in space: CGColorSpace?, _ alpha: CGImageAlphaInfo
) throws -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    var content = [UInt8](repeating: 0, count: bytes * width * height)
    let done = content.withUnsafeMutableBytes { memory -> Bool in
        guard let space,
            let context = CGContext(
                data: memory.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: bytes * width,
                space: space, bitmapInfo: alpha.rawValue)
        else { return false }
        context.draw(picture, in: CGRect(x: 0, y: 0, width: width, height: height))
        return true
    }
    guard done else { throw ClassifierError.notAPicture }
    return content
}
