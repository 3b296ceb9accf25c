// swift-tools-version: 5.9
import PackageDescription

let package = Package(
    name: "Classifier",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Classifier", targets: ["Classifier"])],
    dependencies: [
        // LiteRT's own package, whose runtime is a binary; it has a branch for each release.
        .package(url: "https://github.com/google-ai-edge/LiteRT", branch: "release/2.3.0")
    ],
    targets: [
        .target(name: "Classifier", dependencies: [.product(name: "LiteRT", package: "LiteRT")]),
        .testTarget(name: "ClassifierTests", dependencies: ["Classifier"]),
    ]
)
