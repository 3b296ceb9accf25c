package edgezoo.classifier

import android.Manifest
import android.graphics.Bitmap
import android.graphics.ImageDecoder
import android.graphics.Matrix
import android.net.Uri
import android.os.Bundle
import android.os.SystemClock
import android.view.View
import android.widget.Button
import android.widget.ImageView
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.camera.core.CameraSelector
import androidx.camera.core.ImageProxy
import androidx.camera.view.CameraController
import androidx.camera.view.LifecycleCameraController
import androidx.camera.view.PreviewView
import java.io.IOException
import java.util.concurrent.Executors

/** Tells what the camera sees, or what a picture shows. Nothing leaves the phone: the app may not use the network. */
class MainActivity : ComponentActivity() {
    private val worker = Executors.newSingleThreadExecutor()
    private val preview by lazy { findViewById<PreviewView>(R.id.preview) }
    private val chosen by lazy { findViewById<ImageView>(R.id.chosen) }
    private val answer by lazy { findViewById<TextView>(R.id.answer) }
    private val camera by lazy { LifecycleCameraController(this) }
    private var classifier: Classifier? = null // of the worker alone

    private val permission = registerForActivityResult(ActivityResultContracts.RequestPermission()) { granted ->
        if (granted) showCamera() else answer.setText(R.string.no_camera)
    }
    private val picker = registerForActivityResult(ActivityResultContracts.PickVisualMedia()) { uri ->
        if (uri != null) showPicture(uri)
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        findViewById<Button>(R.id.camera).setOnClickListener { permission.launch(Manifest.permission.CAMERA) }
        findViewById<Button>(R.id.picture).setOnClickListener {
            picker.launch(PickVisualMediaRequest(ActivityResultContracts.PickVisualMedia.ImageOnly))
        }
        worker.execute {
            try {
                classifier = Classifier(assets)
            } catch (error: Exception) { // a manifest or a model that was changed by hand
                tell(getString(R.string.not_started, error.message))
            }
        }
        permission.launch(Manifest.permission.CAMERA)
    }

    override fun onDestroy() {
        super.onDestroy()
        camera.clearImageAnalysisAnalyzer()
        worker.execute { classifier?.close() }
        worker.shutdown()
    }

    private fun showCamera() {
        chosen.visibility = View.GONE
        camera.setEnabledUseCases(CameraController.IMAGE_ANALYSIS)
        camera.setImageAnalysisAnalyzer(worker) { frame -> frame.use { tellOf(upright(it)) } }
        preview.controller = camera
        camera.initializationFuture.addListener({
            when {
                camera.hasCamera(CameraSelector.DEFAULT_BACK_CAMERA) ->
                    camera.cameraSelector = CameraSelector.DEFAULT_BACK_CAMERA
                camera.hasCamera(CameraSelector.DEFAULT_FRONT_CAMERA) ->
                    camera.cameraSelector = CameraSelector.DEFAULT_FRONT_CAMERA
                else -> {
                    answer.setText(R.string.no_camera)
                    return@addListener
                }
            }
            camera.bindToLifecycle(this)
        }, mainExecutor)
    }

    private fun showPicture(uri: Uri) {
        camera.unbind()
        worker.execute {
            try {
                val picture = read(uri)
                runOnUiThread {
                    chosen.setImageBitmap(picture)
                    chosen.visibility = View.VISIBLE
                }
                tellOf(picture)
            } catch (error: IOException) {
                tell(getString(R.string.not_read))
            }
        }
    }

    /** A picture, upright. A large JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that is enough. */
    private fun read(uri: Uri): Bitmap =
        ImageDecoder.decodeBitmap(ImageDecoder.createSource(contentResolver, uri)) { decoder, info, _ ->
            decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE // its pixels are read
            val enough = 2 * (classifier?.input?.shape?.max() ?: Int.MAX_VALUE)
            if (info.mimeType == "image/jpeg") {
                decoder.setTargetSampleSize(
                    listOf(8, 4, 2, 1).first { minOf(info.size.width, info.size.height) / it >= enough || it == 1 },
                )
            }
        }

    private fun upright(frame: ImageProxy): Bitmap {
        val bitmap = frame.toBitmap()
        val turn = Matrix().apply { postRotate(frame.imageInfo.rotationDegrees.toFloat()) }
        return Bitmap.createBitmap(bitmap, 0, 0, bitmap.width, bitmap.height, turn, true)
    }

    /** Runs on the worker. */
    private fun tellOf(picture: Bitmap) {
        val model = classifier ?: return
        val begin = SystemClock.elapsedRealtimeNanos()
        val guesses = model.classify(picture)
        val milliseconds = (SystemClock.elapsedRealtimeNanos() - begin) / 1e6
        val lines = guesses.joinToString("\n") { "%.0f %%  %s".format(100 * it.probability, it.label) }
        tell(getString(R.string.answer, lines, milliseconds))
    }

    private fun tell(text: String) = runOnUiThread { answer.text = text }
}
