import Foundation

/// What `manifest.json` of a bundle tells of its models.
struct Manifest: Decodable {
    let models: [Model]
    let files: [String: String]
    let preprocessing: Rules

    struct Model: Decodable {
        let file: String
        let inputs: [Tensor]
        let outputs: [Tensor]
    }

    struct Rules: Decodable {
        let pixels: Pixels
        let fit: Fit
    }

    /// How a picture gets a model's size: `squash`, `crop`, or `pad` with a border of that colour, a number a channel.
    struct Fit: Decodable {
        let kind: String
        let border: [Int]?
    }

    struct Pixels: Decodable {
        let mean: [Float]
        let std: [Float]
    }
}

/// One end of a model: real = scale × (integer − zeroPoint), or floats as they are.
public struct Tensor: Decodable {
    public let name: String
    public let shape: [Int]
    public let dtype: String
    public let scale: Float?
    public let zeroPoint: Int?

    enum CodingKeys: String, CodingKey {
        case name, shape, dtype, scale
        case zeroPoint = "zero_point"
    }
}

public enum ClassifierError: Error {
    case unsupported(String)
    case notAPicture
}
