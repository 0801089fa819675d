package jp.kinchaku.core

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** Hosts that throw, lie, or answer late: nothing of it is ever a success, and nothing of what they say is repeated. */
class HostTest {
    private val town = Town.shared

    /** A vault that does something else where it is told to. */
    private class OddVault(val host: SecretVault) : SecretVault by host {
        @Volatile
        var seal: ((ByteArray) -> ByteArray)? = null

        @Volatile
        var bind: ((ByteArray) -> ByteArray)? = null

        @Volatile
        var put: ((ByteArray) -> ByteArray)? = null

        @Volatile
        var open: ((ByteArray) -> ByteArray)? = null

        override fun seal(purpose: VaultPurpose, associated: ByteArray, plaintext: ByteArray) =
            seal?.invoke(plaintext) ?: host.seal(purpose, associated, plaintext)

        override fun open(purpose: VaultPurpose, associated: ByteArray, sealed: ByteArray) =
            open?.invoke(sealed) ?: host.open(purpose, associated, sealed)

        override fun bind(purpose: VaultPurpose, input: ByteArray) = bind?.invoke(input) ?: host.bind(purpose, input)

        override fun put(record: VaultRecord, bytes: ByteArray) = put?.invoke(bytes) ?: host.put(record, bytes)
    }

    private val secret = "db key = deadbeef"

    private val thrown: List<() -> Nothing> = listOf(
        { throw IllegalStateException(secret) },
        { throw NoClassDefFoundError(secret) },
        { TODO(secret) },
        { throw OutOfMemoryError(secret) },
        { throw StackOverflowError(secret) },
    )

    /** JNA prints what comes out of a callback; whoever uses [Guarded] never gets there. */
    @BeforeEach
    fun quiet() = com.sun.jna.Native.setCallbackExceptionHandler { _, _ -> }

    private fun silent(error: Throwable) {
        val told = generateSequence(error) { it.cause }.joinToString { "$it ${it.message}" }
        assertTrue("deadbeef" !in told, told)
    }

    /** With the bare hosts: the wallet's own half of the guard. */
    @Test
    fun `whatever a bare host throws is a typed error`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            for ((number, throws) in thrown.withIndex()) {
                val phone = Phone(folder.resolve("new-$number")).apply { vault = OddVault(vault).apply { seal = { throws() } } }
                val error = assertFailsWith<OpenException.Device> { phone.openBare() }
                silent(error)
                assertIs<Trouble.Host>(error.trouble)
                assertEquals(Part.VAULT, (error.trouble as Trouble.Host).part)
            }
            for ((number, throws) in thrown.withIndex()) {
                val phone = Phone(folder.resolve("clock-$number"))
                phone.clock = object : Clock {
                    override fun read() = throws()
                }
                val error = assertFailsWith<OpenException.Device> { phone.openBare() }
                silent(error)
                assertEquals(Part.CLOCK, (error.trouble as Trouble.Host).part)
            }
            val phone = Phone(folder.resolve("wallet"))
            val vault = OddVault(phone.vault)
            phone.vault = vault
            var offline: (() -> Connection)? = null
            phone.connectivity = object : Connectivity {
                override fun connection() = offline?.invoke() ?: Connection.NONE
            }
            val wallet = phone.openBare()
            wallet.enrolWallet(town.resident(), pin())
            wallet.sync(true)
            for (throws in thrown) {
                offline = { throws() }
                val error = assertFailsWith<ShopCodeException.Device> { wallet.readShop(town.bakery.sheet) }
                silent(error)
                assertEquals(Part.CONNECTIVITY, (error.trouble as Trouble.Host).part)
                offline = null

                val quote = wallet.quoted(town.bakery, 300)
                wallet.prepare(quote, true).use { prepared ->
                    vault.bind = { throws() }
                    silent(assertFailsWith<PayException> { prepared.confirm(pin()) })
                    vault.bind = null
                    assertTrue(wallet.history().payments.all { it.state == PaymentState.PREPARED })
                    // The try was given back, and the payment still waits.
                    assertEquals(5, wallet.pinStatus().triesLeft)
                }
            }
            assertEquals(Town.PURSE, wallet.usable())
            wallet.closeWallet()
        }
    }

    /** The same through the guards that an app uses, and a key that throws. */
    @Test
    fun `a guarded host's errors are its own`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val phone = Phone(folder)
            val soft = SoftKey(folder.resolve("keys"))
            var sign: (() -> Nothing)? = null
            phone.key = object : DeviceKey by soft {
                override fun sign(handle: ByteArray, message: ByteArray): ByteArray {
                    sign?.invoke()
                    return soft.sign(handle, message)
                }
            }
            val wallet = phone.resident()
            for (throws in thrown) {
                val prepared = wallet.prepare(wallet.quoted(town.bakery, 300), true)
                sign = throws
                val error = assertFailsWith<PayException.Device> { prepared.confirm(pin()) }
                sign = null
                silent(error)
                assertEquals(THREW, (error.trouble as Trouble.Host).code)
                assertEquals(Part.KEY, (error.trouble as Trouble.Host).part)
                assertEquals(Town.PURSE, wallet.usable())
            }
            // What the host says itself arrives as itself.
            sign = { throw KeyTrouble.Cancelled() }
            assertFailsWith<PayException.Cancelled> { wallet.prepare(wallet.quoted(town.bakery, 300), true).confirm(pin()) }
            sign = null
            wallet.pays(town.bakery, 300)
            wallet.closeWallet()
        }
    }

    /** Answers that are none: caught before anything depends on them. */
    @Test
    fun `a host that lies is not believed`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val lies: Map<String, OddVault.() -> Unit> = mapOf(
                "seals nothing" to { seal = { it } },
                "seals something else" to { seal = { ByteArray(60) { 1 } } },
                "seals to nothing" to { seal = { ByteArray(0) } },
                "opens to something else" to { open = { ByteArray(32) { 3 } } },
            )
            for ((name, lie) in lies) {
                val phone = Phone(folder.resolve(name)).apply { vault = OddVault(vault).apply(lie) }
                assertFailsWith<OpenException>(name) { phone.open().closeWallet() }
            }
            val phone = Phone(folder.resolve("binds"))
            val vault = OddVault(phone.vault)
            phone.vault = vault
            phone.open().closing { wallet ->
                val random = java.security.SecureRandom()
                vault.bind = { ByteArray(32).also(random::nextBytes) }
                val invitation = town.resident()
                val error = assertFailsWith<EnrolException.Device> { wallet.enrolWallet(invitation, pin()) }
                assertIs<Trouble.NotBelieved>(error.trouble)
                vault.bind = null
                wallet.enrolWallet(invitation, pin())
                wallet.sync(true)
                for (lie in listOf(ByteArray(3), ByteArray(32))) {
                    val prepared = wallet.prepare(wallet.quoted(town.bakery, 410), false)
                    vault.put = { lie }
                    // The wrong tries are kept there, too: without that the PIN is not even tried.
                    assertFailsWith<PayException> { prepared.confirm(pin()) }
                    vault.put = null
                    prepared.giveUp()
                }
                // Says that it kept how far the database had got, and did not: it is paid, and nobody is told so yet.
                val prepared = wallet.prepare(wallet.quoted(town.bakery, 410), false)
                vault.put = { ByteArray(32) }
                assertFailsWith<PayException> { prepared.confirm(pin()) }
                vault.put = null
            }
            phone.open().closing { wallet ->
                // Money is where it was, or with the shop: never both, never neither.
                val paid = wallet.history().payments.filter { it.state == PaymentState.SIGNED }.sumOf { it.total }
                assertEquals(Town.PURSE, wallet.usable() + paid)
            }
        }
    }

    /** A key that signs something else, or with another key. */
    @Test
    fun `a signature is verified`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val phone = Phone(folder)
            val soft = SoftKey(folder.resolve("keys"))
            var lie: ((ByteArray) -> ByteArray)? = null
            phone.key = object : DeviceKey by soft {
                override fun sign(handle: ByteArray, message: ByteArray) =
                    lie?.invoke(message) ?: soft.sign(handle, message)
            }
            val wallet = phone.resident()
            val handle = checkNotNull(folder.resolve("keys").toFile().list()).first().removePrefix("key-").substringBefore('-').hex()
            val other = soft.make().handle
            val lies = listOf<(ByteArray) -> ByteArray>(
                { ByteArray(0) },
                { ByteArray(64) },
                { soft.sign(other, it) },
                { soft.sign(handle, it + 1) },
            )
            for (next in lies) {
                val prepared = wallet.prepare(wallet.quoted(town.bakery, 300), true)
                lie = next
                val error = assertFailsWith<PayException.Device> { prepared.confirm(pin()) }
                assertIs<Trouble.NotBelieved>(error.trouble)
                lie = null
            }
            assertEquals(Town.PURSE, wallet.usable())
            wallet.pays(town.bakery, 300)
            wallet.closeWallet()
        }
    }

    /** A host that takes its time holds up its own call; one that calls the wallet is told so. */
    @Test
    fun `late and re-entrant hosts`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val phone = Phone(folder)
            val late = CountDownLatch(1)
            val asked = CountDownLatch(1)
            var slow = false
            var inside: (() -> Unit)? = null
            phone.connectivity = object : Connectivity {
                override fun connection(): Connection {
                    inside?.invoke()
                    if (slow) {
                        asked.countDown()
                        late.await()
                    }
                    return Connection.NONE
                }
            }
            val wallet = phone.resident()
            slow = true
            val reading = async(Dispatchers.Default) { wallet.readShop(town.bakery.sheet) }
            assertTrue(asked.await(60, TimeUnit.SECONDS))
            // Others go on meanwhile.
            assertEquals(Town.PURSE, wallet.usable())
            assertTrue(!reading.isCompleted)
            slow = false
            late.countDown()
            assertEquals(OfflineWay.SCAN, reading.await().view().offline)

            var told: Throwable? = null
            inside = { told = runCatching { runBlocking { wallet.balance() } }.exceptionOrNull() }
            wallet.readShop(town.bakery.sheet)
            assertIs<Trouble.Reentered>(told)
            inside = null
            wallet.closeWallet()
        }
    }
}
