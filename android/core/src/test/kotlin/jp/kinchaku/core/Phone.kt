package jp.kinchaku.core

import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.MessageDigest
import java.security.SecureRandom
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.security.spec.PKCS8EncodedKeySpec
import javax.crypto.Cipher
import javax.crypto.Mac
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec

/** A phone's key store in software: what an Android one does in hardware. */
class SoftVault(private val folder: Path) : SecretVault {
    private val secret: ByteArray

    init {
        Files.createDirectories(folder)
        val file = folder.resolve("secret")
        if (!Files.exists(file)) write(file, ByteArray(32).also { SecureRandom().nextBytes(it) })
        secret = Files.readAllBytes(file)
    }

    private fun write(file: Path, bytes: ByteArray) {
        val beside = Files.createTempFile(folder, "new", null)
        Files.write(beside, bytes)
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE)
    }

    private fun mac(label: String, input: ByteArray) = Mac.getInstance("HmacSHA256").run {
        init(SecretKeySpec(secret, "HmacSHA256"))
        update(label.toByteArray())
        doFinal(input)
    }

    private fun cipher(mode: Int, purpose: VaultPurpose, associated: ByteArray, nonce: ByteArray) =
        Cipher.getInstance("AES/GCM/NoPadding").apply {
            init(mode, SecretKeySpec(mac("seal $purpose", ByteArray(0)), "AES"), GCMParameterSpec(128, nonce))
            updateAAD(associated)
        }

    override fun seal(purpose: VaultPurpose, associated: ByteArray, plaintext: ByteArray): ByteArray {
        val nonce = ByteArray(12).also { SecureRandom().nextBytes(it) }
        return nonce + cipher(Cipher.ENCRYPT_MODE, purpose, associated, nonce).doFinal(plaintext)
    }

    override fun open(purpose: VaultPurpose, associated: ByteArray, sealed: ByteArray): ByteArray = try {
        cipher(Cipher.DECRYPT_MODE, purpose, associated, sealed.copyOf(12)).doFinal(sealed, 12, sealed.size - 12)
    } catch (_: Exception) {
        throw VaultTrouble.Refused()
    }

    override fun bind(purpose: VaultPurpose, input: ByteArray): ByteArray = mac("bind $purpose", input)

    @Synchronized
    override fun put(record: VaultRecord, bytes: ByteArray): ByteArray {
        write(folder.resolve("$record"), bytes)
        return MessageDigest.getInstance("SHA-256").digest(bytes)
    }

    @Synchronized
    override fun get(record: VaultRecord): Kept {
        val file = folder.resolve("$record")
        return if (Files.exists(file)) Kept.Bytes(Files.readAllBytes(file)) else Kept.Nothing
    }
}

/** Payment keys that only sign while [unlocked], as a key store's do after its prompt. */
class SoftKey(private val folder: Path) : DeviceKey {
    @Volatile
    var unlocked = true

    override fun make(): MadeKey {
        val generator = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }
        val pair = generator.generateKeyPair()
        val handle = ByteArray(8).also { SecureRandom().nextBytes(it) }
        Files.createDirectories(folder)
        Files.write(file(handle, "private"), pair.private.encoded)
        Files.write(file(handle, "point"), pair.public.encoded.takeLast(65).toByteArray())
        return MadeKey(handle, point(handle))
    }

    private fun file(handle: ByteArray, name: String) = folder.resolve("key-${handle.hex()}-$name")

    override fun point(handle: ByteArray): ByteArray = Files.readAllBytes(file(handle, "point"))

    override fun sign(handle: ByteArray, message: ByteArray): ByteArray {
        if (!unlocked) throw KeyTrouble.Locked()
        val key = PKCS8EncodedKeySpec(Files.readAllBytes(file(handle, "private")))
        return Signature.getInstance("SHA256withECDSA").run {
            initSign(KeyFactory.getInstance("EC").generatePrivate(key))
            update(message)
            sign()
        }
    }
}

/** The machine's clocks, with a hand to turn them forward. */
class SoftClock : Clock {
    @Volatile
    var ahead = 0L

    override fun read() = ClockReading(
        System.currentTimeMillis() / 1000 + ahead,
        File("/proc/uptime").readText().substringBefore('.').toLong() + ahead,
        1,
    )
}

/** A network that is there or not. */
class SoftNetwork(@Volatile var connection: Connection = Connection.NONE) : Connectivity {
    override fun connection() = connection
}

/** What a phone gives, each part to be replaced by another one. */
class Phone(val folder: Path, val town: Town = Town.shared) {
    var vault: SecretVault = SoftVault(folder.resolve("vault"))
    var key: DeviceKey? = null
    val softClock = SoftClock()
    var clock: Clock = softClock
    val network = SoftNetwork()
    var connectivity: Connectivity = network

    fun config() = WalletConfig(folder.resolve("wallet").toString(), town.roots, emptyList())

    suspend fun open(): Wallet = openGuarded(config(), vault, key, clock, connectivity)

    /** With hosts as they are. */
    suspend fun openBare(): Wallet = openWallet(config(), vault, key, clock, connectivity)

    /** A resident's wallet with its purse and a reserve over all of it. */
    suspend fun resident(): Wallet {
        val wallet = open()
        wallet.enrolWallet(town.resident(), pin())
        check(wallet.sync(true).newAllowance)
        return wallet
    }

    /** A shop's device. */
    suspend fun clerk(counter: Counter): Wallet {
        val till = open()
        till.enrolShop(town.clerk(counter))
        till.sync(true)
        return till
    }
}

fun pin(digits: String = "2580") = pinOf(digits.toCharArray())

/** A quote that needs no answer. */
suspend fun Wallet.quoted(counter: Counter, total: Long): Quote =
    readShop(counter.sheet).use { quote(it, total, Choice.Automatic(points = false)) }

/** A whole payment. */
suspend fun Wallet.pays(counter: Counter, total: Long): Receipt =
    quoted(counter, total).use { quote -> prepare(quote, true).use { it.confirm(pin()) } }

/** What a wallet has in all. */
suspend fun Wallet.usable() = balance().classes.sumOf { it.usable }

suspend fun <T> Wallet.closing(use: suspend (Wallet) -> T): T = try {
    use(this)
} finally {
    closeWallet()
    close()
}
