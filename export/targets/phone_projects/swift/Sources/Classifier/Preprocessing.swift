/// What becomes of a picture before a model takes it: value = (pixel − mean) / std; one number, or one a channel.
struct Preprocessing {
    let input: Tensor
    let mean: [Float]
    let std: [Float]
    let fit: Manifest.Fit

    /// The bytes of the input tensor for a picture, whose pixels are four bytes each: red, green, blue, alpha.
    func apply(_ rgba: [UInt8], width: Int, height: Int) throws -> [UInt8] {
        let (newHeight, newWidth, channels) = (input.shape[1], input.shape[2], input.shape[3])
        let bands = (0..<channels).map { channel in
            let own = Size(width: width, height: height)
            let size = Size(width: newWidth, height: newHeight)
            return fitted(band(rgba, channel, of: channels), own, size, fit, channel)
        }
        var data: [UInt8] = []
        for place in 0..<newHeight * newWidth {
            for channel in 0..<channels {
                let pixel = Float(bands[channel][place])
                let value = (pixel - mean[channel % mean.count]) / std[channel % std.count]
                switch input.dtype {
                case "float32": withUnsafeBytes(of: value) { data.append(contentsOf: $0) }
                case "uint8": data.append(UInt8(quantized(value, 0...255)))
                case "int8": data.append(UInt8(bitPattern: Int8(quantized(value, -128...127))))
                default: throw ClassifierError.unsupported("an input of \(input.dtype)")
                }
            }
        }
        return data
    }

    private func quantized(_ value: Float, _ range: ClosedRange<Int>) -> Int {
        let stored = input.scale.map { (value / $0).rounded(.toNearestOrEven) + Float(input.zeroPoint ?? 0) } ?? value
        return Int(min(max(stored, Float(range.lowerBound)), Float(range.upperBound)))
    }

    /// One channel of the pixels: gray by the weights of ITU-R 601, transparency over white unless it is a channel.
    private func band(_ rgba: [UInt8], _ channel: Int, of channels: Int) -> [Int] {
        stride(from: 0, to: rgba.count, by: 4).map { start in
            let alpha = Int(rgba[start + 3])
            func colour(_ place: Int) -> Int {
                let value = Int(rgba[start + place])
                return channels == 4 || alpha == 255 ? value : (value * alpha + 255 * (255 - alpha) + 127) / 255
            }
            if channels == 1 { return (19595 * colour(0) + 38470 * colour(1) + 7471 * colour(2) + 32768) >> 16 }
            return channel == 3 ? alpha : colour(channel)
        }
    }
}

/// The 1 of the weights, which are integers as Pillow's are.
private let one = 1 << 22

/// Whole pixels.
struct Size {
    let width: Int
    let height: Int

    /// The largest rectangle of these proportions in another one.
    func largest(in whole: Size) -> Size {
        if whole.width * height > whole.height * width {
            return Size(width: max(1, (2 * whole.height * width + height) / (2 * height)), height: whole.height)
        }
        return Size(width: whole.width, height: max(1, (2 * whole.width * height + width) / (2 * width)))
    }

    /// What is left of and above this size in the middle of another one.
    func margins(in whole: Size) -> (left: Int, top: Int) {
        ((whole.width - width) / 2, (whole.height - height) / 2)
    }
}

/// A band in another size: squashed, its middle, or all of it on a border.
func fitted(_ band: [Int], _ own: Size, _ size: Size, _ fit: Manifest.Fit, _ channel: Int) -> [Int] {
    let part = fit.kind == "crop" ? size.largest(in: own) : own
    let (left, top) = part.margins(in: own)
    let middle = (0..<part.width * part.height).map { place in
        band[(top + place / part.width) * own.width + left + place % part.width]
    }
    let place = fit.kind == "pad" ? own.largest(in: size) : size
    let inside = resized(
        middle, width: part.width, height: part.height, newWidth: place.width, newHeight: place.height)
    let (x, y) = place.margins(in: size)
    let border = fit.border ?? [0]
    var whole = [Int](repeating: border[channel % border.count], count: size.width * size.height)
    for row in 0..<place.height {
        for column in 0..<place.width {
            whole[(y + row) * size.width + x + column] = inside[row * place.width + column]
        }
    }
    return whole
}

/// A band at another size: bilinear with antialiasing, first along rows, as Pillow's `BILINEAR`.
func resized(_ band: [Int], width: Int, height: Int, newWidth: Int, newHeight: Int) -> [Int] {
    var rows = band
    if newWidth != width {
        rows = along(
            band, lines: height, size: width, step: 1, stride: width, newSize: newWidth, newStep: 1, newStride: newWidth
        )
    }
    if newHeight == height { return rows }
    return along(
        rows, lines: newWidth, size: height, step: newWidth, stride: 1, newSize: newHeight, newStep: newWidth,
        newStride: 1
    )
}

/// `lines` lines of `size` numbers at `newSize`. In each array, `step` lies between the numbers of a line and `stride`
/// between lines.
private func along(
    _ band: [Int], lines: Int, size: Int, step: Int, stride: Int, newSize: Int, newStep: Int, newStride: Int
) -> [Int] {
    let scale = Double(size) / Double(newSize)
    let support = max(scale, 1)
    var resized = [Int](repeating: 0, count: lines * newSize)
    for place in 0..<newSize {
        let center = (Double(place) + 0.5) * scale
        let first = max(0, Int(center - support + 0.5))
        let last = min(size, Int(center + support + 0.5))
        let triangle = (first..<last).map { max(0, 1 - abs((Double($0) - center + 0.5) / support)) }
        let total = triangle.reduce(0, +)
        let weights = triangle.map { Int($0 / total * Double(one) + 0.5) }
        for line in 0..<lines {
            var sum = one / 2
            for (tap, weight) in weights.enumerated() {
                sum += weight * band[line * stride + (first + tap) * step]
            }
            resized[line * newStride + place * newStep] = min(255, sum / one)
        }
    }
    return resized
}
