import javax.inject.Inject

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "edgezoo.classifier"
    compileSdk = 36

    defaultConfig {
        applicationId = "edgezoo.classifier" // your own, before it is published
        minSdk = 29
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    // Golden pictures and answers, as they lie in the bundle.
    sourceSets["androidTest"].assets.srcDir(rootDir.resolve("../golden"))
}

kotlin {
    jvmToolchain(17)
}

/** Puts the bundle's models and what is told of them among the assets, so that they need not lie here a second time. */
abstract class BundleAssets @Inject constructor(private val system: FileSystemOperations) : DefaultTask() {
    @get:InputFiles
    abstract val bundled: ConfigurableFileCollection

    @get:OutputDirectory
    abstract val folder: DirectoryProperty

    @TaskAction
    fun sync() {
        system.sync {
            from(bundled)
            into(folder)
        }
    }
}

val bundleAssets = tasks.register<BundleAssets>("bundleAssets") {
    bundled.from(fileTree(rootDir.parentFile) { include("manifest.json", "labels.txt", "*.tflite") })
}

androidComponents {
    onVariants { variant ->
        variant.sources.assets?.addGeneratedSourceDirectory(bundleAssets, BundleAssets::folder)
    }
}

dependencies {
    implementation(libs.litert)
    implementation(libs.camera.camera2)
    implementation(libs.camera.lifecycle)
    implementation(libs.camera.view)
    implementation(libs.activity)
    androidTestImplementation(libs.test.runner)
    androidTestImplementation(libs.test.junit)
}
