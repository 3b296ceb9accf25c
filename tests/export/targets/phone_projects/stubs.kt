// What the Android project uses of Android, CameraX, LiteRT and JUnit, as far as a compiler must know it.

package android
object Manifest { object permission { const val CAMERA = "" } }

package android.content
open class Context { val assets = android.content.res.AssetManager(); val contentResolver = ContentResolver() }
class ContentResolver

package android.content.res
class AssetManager { fun open(name: String): java.io.InputStream = TODO() }

package android.graphics
class Bitmap {
    val width = 0
    val height = 0
    fun getPixels(pixels: IntArray, offset: Int, stride: Int, x: Int, y: Int, width: Int, height: Int) {}
    companion object {
        fun createBitmap(from: Bitmap, x: Int, y: Int, w: Int, h: Int, m: Matrix?, filter: Boolean): Bitmap = TODO()
    }
}
class Matrix { fun postRotate(degrees: Float): Boolean = TODO() }
object BitmapFactory {
    class Options { var inPremultiplied = true; var inScaled = true }
    fun decodeStream(stream: java.io.InputStream?, padding: Any?, options: Options?): Bitmap? = TODO()
}
class ImageDecoder {
    var allocator = 0
    fun setTargetSampleSize(size: Int) {}
    class Source
    class ImageInfo { val mimeType = ""; val size = android.util.Size() }
    companion object {
        const val ALLOCATOR_SOFTWARE = 1
        fun createSource(resolver: android.content.ContentResolver, uri: android.net.Uri): Source = TODO()
        fun decodeBitmap(source: Source, listener: (ImageDecoder, ImageInfo, Source) -> Unit): Bitmap = TODO()
    }
}

package android.util
class Size { val width = 0; val height = 0 }

package android.net
class Uri

package android.os
class Bundle
object SystemClock { fun elapsedRealtimeNanos() = 0L }

package android.view
open class View {
    var visibility = 0
    fun setOnClickListener(listener: (View) -> Unit) {}
    companion object { const val VISIBLE = 0; const val GONE = 8 }
}

package android.widget
open class TextView : android.view.View() { var text: CharSequence? = null; fun setText(id: Int) {} }
class Button : TextView()
class ImageView : android.view.View() { fun setImageBitmap(bitmap: android.graphics.Bitmap?) {} }

package androidx.activity
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.contract.ActivityResultContract
open class ComponentActivity : android.content.Context(), androidx.lifecycle.LifecycleOwner {
    val mainExecutor: java.util.concurrent.Executor = TODO()
    protected open fun onCreate(savedInstanceState: android.os.Bundle?) {}
    protected open fun onDestroy() {}
    fun setContentView(id: Int) {}
    fun <T : android.view.View> findViewById(id: Int): T = TODO()
    fun getString(id: Int, vararg values: Any?): String = TODO()
    fun runOnUiThread(action: Runnable) {}
    fun <I, O> registerForActivityResult(contract: ActivityResultContract<I, O>, callback: (O) -> Unit):
        ActivityResultLauncher<I> = TODO()
}

package androidx.activity.result
class ActivityResultLauncher<I> { fun launch(input: I) {} }
fun PickVisualMediaRequest(type: androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.VisualMediaType):
    PickVisualMediaRequest = TODO()
class PickVisualMediaRequest internal constructor()

package androidx.activity.result.contract
open class ActivityResultContract<I, O>
object ActivityResultContracts {
    class RequestPermission : ActivityResultContract<String, Boolean>()
    class PickVisualMedia : ActivityResultContract<androidx.activity.result.PickVisualMediaRequest, android.net.Uri?>() {
        interface VisualMediaType
        object ImageOnly : VisualMediaType
    }
}

package androidx.lifecycle
interface LifecycleOwner

package androidx.camera.core
class CameraSelector {
    companion object { val DEFAULT_BACK_CAMERA = CameraSelector(); val DEFAULT_FRONT_CAMERA = CameraSelector() }
}
interface ImageProxy : AutoCloseable { val imageInfo: ImageInfo; fun toBitmap(): android.graphics.Bitmap }
interface ImageInfo { val rotationDegrees: Int }

package androidx.camera.view
class PreviewView : android.view.View() { var controller: CameraController? = null }
class Future { fun addListener(listener: Runnable, executor: java.util.concurrent.Executor) {} }
open class CameraController {
    var cameraSelector = androidx.camera.core.CameraSelector()
    val initializationFuture = Future()
    fun setEnabledUseCases(cases: Int) {}
    fun setImageAnalysisAnalyzer(
        executor: java.util.concurrent.Executor, analyzer: (androidx.camera.core.ImageProxy) -> Unit
    ) {}
    fun clearImageAnalysisAnalyzer() {}
    fun hasCamera(selector: androidx.camera.core.CameraSelector): Boolean = TODO()
    companion object { const val IMAGE_ANALYSIS = 2 }
}
class LifecycleCameraController(context: android.content.Context) : CameraController() {
    fun bindToLifecycle(owner: androidx.lifecycle.LifecycleOwner) {}
    fun unbind() {}
}

package org.json
class JSONObject(text: String) {
    fun getString(name: String): String = TODO()
    fun getInt(name: String): Int = TODO()
    fun getDouble(name: String): Double = TODO()
    fun getJSONArray(name: String): JSONArray = TODO()
    fun getJSONObject(name: String): JSONObject = TODO()
    fun has(name: String): Boolean = TODO()
    fun isNull(name: String): Boolean = TODO()
}
class JSONArray {
    fun length(): Int = TODO()
    fun getString(index: Int): String = TODO()
    fun getInt(index: Int): Int = TODO()
    fun getDouble(index: Int): Double = TODO()
    fun getJSONArray(index: Int): JSONArray = TODO()
    fun getJSONObject(index: Int): JSONObject = TODO()
}

package org.tensorflow.lite
interface Tensor { fun numBytes(): Int }
interface InterpreterApi : AutoCloseable {
    class Options { fun setNumThreads(threads: Int): Options = TODO() }
    fun allocateTensors()
    fun resizeInput(index: Int, shape: IntArray)
    fun run(input: Any, output: Any)
    fun getOutputTensor(index: Int): Tensor
    override fun close()
    companion object { fun create(model: java.nio.ByteBuffer, options: Options?): InterpreterApi = TODO() }
}

package org.junit
annotation class Test
object Assert { fun assertTrue(message: String?, condition: Boolean) {} }

package org.junit.runner
annotation class RunWith(val value: kotlin.reflect.KClass<*>)

package androidx.test.ext.junit.runners
class AndroidJUnit4

package androidx.test.platform.app
class Instrumentation { val context = android.content.Context(); val targetContext = android.content.Context() }
object InstrumentationRegistry { fun getInstrumentation() = Instrumentation() }
