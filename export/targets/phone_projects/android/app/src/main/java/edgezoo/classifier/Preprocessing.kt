package edgezoo.classifier

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.abs
import kotlin.math.max
import kotlin.math.min
import kotlin.math.round

/** One end of a model, as `manifest.json` tells of it: real = scale × (integer − zeroPoint), or floats as they are. */
class Tensor(val name: String, val shape: List<Int>, val dtype: String, val scale: Float?, val zeroPoint: Int)

/** How a picture gets a model's size: `squash`, `crop`, or `pad` with a border of that colour, a number a channel. */
class Fit(val kind: String, val border: List<Int>)

/** What becomes of a picture before a model takes it: value = (pixel − mean) / std; one number, or one a channel. */
class Preprocessing(
    private val input: Tensor,
    private val mean: FloatArray,
    private val std: FloatArray,
    private val fit: Fit,
) {
    private val height = input.shape[1]
    private val width = input.shape[2]
    private val channels = input.shape[3]

    /**
     * The input tensor for a picture.
     *
     * @param argb its pixels, row by row, as `Bitmap.getPixels` gives them.
     */
    fun apply(argb: IntArray, pictureWidth: Int, pictureHeight: Int): ByteBuffer {
        val own = Size(pictureWidth, pictureHeight)
        val bands = List(channels) { fitted(band(argb, it), own, Size(width, height), fit, it) }
        val size = if (input.dtype == "float32") 4 else 1
        val buffer = ByteBuffer.allocateDirect(height * width * channels * size).order(ByteOrder.nativeOrder())
        for (place in 0 until height * width) {
            for (channel in 0 until channels) {
                val value = (bands[channel][place] - mean[channel % mean.size]) / std[channel % std.size]
                when (input.dtype) {
                    "float32" -> buffer.putFloat(value)
                    "uint8" -> buffer.put(quantized(value, 0, 255))
                    "int8" -> buffer.put(quantized(value, -128, 127))
                    else -> error("an input of ${input.dtype}")
                }
            }
        }
        buffer.rewind()
        return buffer
    }

    private fun quantized(value: Float, low: Int, high: Int): Byte {
        val scaled = input.scale?.let { round(value / it).toInt() + input.zeroPoint } ?: value.toInt()
        return scaled.coerceIn(low, high).toByte()
    }

    /** One channel of the pixels: gray by the weights of ITU-R 601, transparency over white unless it is a channel. */
    private fun band(argb: IntArray, channel: Int) = IntArray(argb.size) {
        val pixel = argb[it]
        val alpha = pixel ushr 24
        fun colour(shift: Int): Int {
            val value = pixel shr shift and 255
            return if (channels == 4 || alpha == 255) value else (value * alpha + 255 * (255 - alpha) + 127) / 255
        }
        when {
            channels == 1 -> (19595 * colour(16) + 38470 * colour(8) + 7471 * colour(0) + 32768) shr 16
            channel == 3 -> alpha
            else -> colour(16 - 8 * channel)
        }
    }
}

/** The 1 of the weights, which are integers as Pillow's are. */
private const val ONE = 1 shl 22

internal data class Size(val width: Int, val height: Int) {
    /** The largest rectangle of these proportions in another one, in whole pixels. */
    fun largestIn(whole: Size): Size {
        val (wide, high) = width.toLong() to height.toLong()
        val (across, down) = whole.width.toLong() to whole.height.toLong()
        return if (across * high > down * wide) Size(max(1, (2 * down * wide + high) / (2 * high)).toInt(), whole.height)
        else Size(whole.width, max(1, (2 * across * high + wide) / (2 * wide)).toInt())
    }

    /** What is left of and above this size in the middle of another one. */
    fun marginsIn(whole: Size) = Pair((whole.width - width) / 2, (whole.height - height) / 2)
}

/** A band in another size: squashed, its middle, or all of it on a border. */
internal fun fitted(band: IntArray, own: Size, size: Size, fit: Fit, channel: Int): IntArray {
    val part = if (fit.kind == "crop") size.largestIn(own) else own
    val (left, top) = part.marginsIn(own)
    val middle = IntArray(part.width * part.height) {
        band[(top + it / part.width) * own.width + left + it % part.width]
    }
    val place = if (fit.kind == "pad") own.largestIn(size) else size
    val inside = resized(middle, part.width, part.height, place.width, place.height)
    val (x, y) = place.marginsIn(size)
    return IntArray(size.width * size.height) {
        val (row, column) = Pair(it / size.width - y, it % size.width - x)
        if (row in 0 until place.height && column in 0 until place.width) inside[row * place.width + column]
        else fit.border[channel % fit.border.size]
    }
}

/** A band at another size: bilinear with antialiasing, first along rows, as Pillow's `BILINEAR`. */
private fun resized(band: IntArray, width: Int, height: Int, newWidth: Int, newHeight: Int): IntArray {
    val rows = if (newWidth == width) band else along(band, height, width, 1, width, newWidth, 1, newWidth)
    return if (newHeight == height) rows else along(rows, newWidth, height, newWidth, 1, newHeight, newWidth, 1)
}

/**
 * `lines` lines of `size` numbers at `newSize`. In each array, `step` lies between the numbers of a line and `stride`
 * between lines.
 */
private fun along(
    band: IntArray, lines: Int, size: Int, step: Int, stride: Int, newSize: Int, newStep: Int, newStride: Int
): IntArray {
    val scale = size.toDouble() / newSize
    val support = max(scale, 1.0)
    val resized = IntArray(lines * newSize)
    for (place in 0 until newSize) {
        val center = (place + 0.5) * scale
        val first = max(0, (center - support + 0.5).toInt())
        val last = min(size, (center + support + 0.5).toInt())
        val triangle = DoubleArray(last - first) { max(0.0, 1 - abs((first + it - center + 0.5) / support)) }
        val total = triangle.sum()
        val weights = IntArray(triangle.size) { (triangle[it] / total * ONE + 0.5).toInt() }
        for (line in 0 until lines) {
            var sum = ONE / 2
            for (tap in weights.indices) {
                sum += weights[tap] * band[line * stride + (first + tap) * step]
            }
            resized[line * newStride + place * newStep] = min(255, sum / ONE)
        }
    }
    return resized
}
