package edgezoo.classifier

import java.io.File
import java.nio.ByteBuffer

/** Writes the input tensors for pictures: of each a file of ARGB integers, and what the test tells of it. */
fun main(arguments: Array<String>) {
    for (row in arguments.toList().chunked(11)) {
        val (file, picture, shape, dtype, scale) = row
        val (zeroPoint, mean, std, kind, border) = row.drop(5)
        val (width, height) = picture.split(",").map { it.toInt() }
        val argb = IntArray(width * height)
        ByteBuffer.wrap(File(file).readBytes()).asIntBuffer().get(argb)
        fun floats(text: String) = text.split(",").map { it.toFloat() }.toFloatArray()
        val input = Tensor("image", shape.split(",").map { it.toInt() }, dtype, scale.toFloatOrNull(), zeroPoint.toInt())
        val tensor = Preprocessing(input, floats(mean), floats(std), Fit(kind, border.split(",").map { it.toInt() }))
            .apply(argb, width, height)
        File(row.last()).writeBytes(ByteArray(tensor.capacity()).also { tensor.get(it) })
    }
}
