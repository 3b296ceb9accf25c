package edgezoo.classifier

import android.content.res.AssetManager
import android.graphics.Bitmap
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.exp
import org.json.JSONArray
import org.json.JSONObject
import org.tensorflow.lite.InterpreterApi

/** A class and its probability. */
class Guess(val label: String, val probability: Float)

/**
 * A model of the bundle, run by LiteRT on the CPU. All that it needs to know is in `manifest.json`.
 *
 * Not for several threads at once.
 */
class Classifier(assets: AssetManager, model: String? = null) : AutoCloseable {
    private val manifest = JSONObject(assets.text("manifest.json"))
    private val entry = manifest.getJSONArray("models").objects()
        .first { model == null || it.getString("file") == model }
    private val output = tensor(entry.getJSONArray("outputs").getJSONObject(0))
    private val labels =
        if (manifest.getJSONObject("files").has("labels.txt")) assets.text("labels.txt").removeSuffix("\n").split("\n")
        else emptyList()
    private val interpreter = InterpreterApi.create(
        assets.open(entry.getString("file")).use { direct(it.readBytes()) },
        InterpreterApi.Options().setNumThreads(THREADS),
    )

    /** What it takes. A side that may have any length has `OPEN_SIDE`. */
    val input = tensor(entry.getJSONArray("inputs").getJSONObject(0))

    private val preprocessing: Preprocessing

    init {
        val isPicture = input.shape.size == 4 && input.shape[3] in listOf(1, 3, 4)
        require(isPicture && entry.getJSONArray("inputs").length() == 1) {
            "${entry.getString("file")} takes something else than one picture."
        }
        interpreter.resizeInput(0, input.shape.toIntArray())
        interpreter.allocateTensors()
        val rules = manifest.getJSONObject("preprocessing")
        val (pixels, fit) = Pair(rules.getJSONObject("pixels"), rules.getJSONObject("fit"))
        preprocessing = Preprocessing(
            input,
            pixels.getJSONArray("mean").floats(),
            pixels.getJSONArray("std").floats(),
            Fit(fit.getString("kind"), if (fit.has("border")) fit.getJSONArray("border").integers() else listOf(0)),
        )
    }

    /** The best classes for a picture, the best one first. */
    fun classify(picture: Bitmap, most: Int = 3): List<Guess> {
        val scores = run(picture).map { number ->
            output.scale?.let { (number - output.zeroPoint) * it } ?: number
        }
        return probabilities(scores)
            .mapIndexed { index, probability -> Guess(labels.getOrElse(index) { index.toString() }, probability) }
            .sortedByDescending { it.probability }
            .take(most)
    }

    /** The numbers that the output tensor stores for a picture. */
    fun run(picture: Bitmap): List<Float> {
        val argb = IntArray(picture.width * picture.height)
        picture.getPixels(argb, 0, picture.width, 0, 0, picture.width, picture.height)
        val stored = ByteBuffer.allocateDirect(interpreter.getOutputTensor(0).numBytes()).order(ByteOrder.nativeOrder())
        interpreter.run(preprocessing.apply(argb, picture.width, picture.height), stored)
        stored.rewind()
        return when (output.dtype) {
            "float32" -> List(stored.capacity() / 4) { stored.getFloat() }
            "uint8" -> List(stored.capacity()) { (stored.get().toInt() and 255).toFloat() }
            "int8" -> List(stored.capacity()) { stored.get().toFloat() }
            else -> error("an output of ${output.dtype}")
        }
    }

    override fun close() = interpreter.close()

    /** Of a single number, those of two classes, of which it tells the second one. */
    private fun probabilities(scores: List<Float>): List<Float> {
        val isProbability = output.name == "probabilities"
        val all = if (scores.size > 1) scores else listOf(if (isProbability) 1 - scores[0] else 0f, scores[0])
        if (isProbability) return all
        val powers = all.map { exp(it - all.max()) }
        return powers.map { it / powers.sum() }
    }

    private companion object {
        const val THREADS = 4
        const val OPEN_SIDE = 224

        fun tensor(row: JSONObject) = Tensor(
            row.getString("name"),
            row.getJSONArray("shape").let { shape ->
                List(shape.length()) { if (it == 0) 1 else shape.getInt(it).takeIf { side -> side > 0 } ?: OPEN_SIDE }
            },
            row.getString("dtype"),
            if (row.isNull("scale")) null else row.getDouble("scale").toFloat(),
            if (row.isNull("zero_point")) 0 else row.getInt("zero_point"),
        )

        fun direct(content: ByteArray): ByteBuffer =
            ByteBuffer.allocateDirect(content.size).order(ByteOrder.nativeOrder()).apply { put(content).rewind() }
    }
}

internal fun AssetManager.text(name: String) = open(name).use { it.readBytes().decodeToString() }

internal fun JSONArray.objects() = List(length()) { getJSONObject(it) }

internal fun JSONArray.integers() = List(length()) { getInt(it) }

internal fun JSONArray.floats() = FloatArray(length()) { getDouble(it).toFloat() }
