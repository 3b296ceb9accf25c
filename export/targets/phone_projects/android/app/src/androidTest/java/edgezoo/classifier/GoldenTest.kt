package edgezoo.classifier

import android.graphics.BitmapFactory
import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import kotlin.math.abs
import org.json.JSONObject
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

/** The phone's answers to the golden pictures are those that the bundle was made with. */
@RunWith(AndroidJUnit4::class)
class GoldenTest {
    private val golden = InstrumentationRegistry.getInstrumentation().context.assets
    private val bundle = InstrumentationRegistry.getInstrumentation().targetContext.assets

    @Test
    fun answersAreTheExpectedOnes() {
        val document = JSONObject(golden.text("golden.json"))
        val sets = document.getJSONObject("sets")
        var compared = 0
        for (answer in document.getJSONArray("answers").objects()) {
            val file = answer.getString("file")
            val set = sets.getJSONObject(answer.getString("set"))
            Classifier(bundle, file).use { classifier ->
                val shape = set.getJSONArray("shape").floats().map { it.toInt() }
                if (classifier.input.shape.drop(1) != shape) return@use // of a signature that the app does not run
                val images = set.getJSONArray("images")
                for (place in 0 until images.length()) {
                    val name = images.getString(place)
                    val picture = golden.open(name.removePrefix("golden/")).use {
                        BitmapFactory.decodeStream(it, null, AS_STORED)
                    }
                    val expected = answer.getJSONArray("expected").getJSONArray(place).floats()
                    val got = classifier.run(picture!!)
                    val off = expected.indices.maxOf { abs(got[it] - expected[it]) }
                    val isClose = got.size == expected.size && off <= answer.getDouble("tolerance")
                    assertTrue("$file, $name: off by $off", isClose)
                    compared++
                }
            }
        }
        assertTrue("no answer was compared", compared > 0)
    }

    private companion object {
        /** Colours are not weighted by the alpha, which is a channel of some networks. */
        val AS_STORED = BitmapFactory.Options().apply {
            inPremultiplied = false
            inScaled = false
        }
    }
}
