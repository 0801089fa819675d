/**
 * Hosts whose every failure is an error of their own.
 *
 * The generated code hands a host's `kotlin.Exception` to the wallet, but loses a `java.lang.Error` (`TODO()`, no memory, a
 * class that a shrinker took away): the wallet would hear an empty answer. It refuses those; here they never get so far.
 */
package jp.kinchaku.core

/** The code of a host that threw something its interface has no name for. */
const val THREW: UInt = UInt.MAX_VALUE

/** Opens the wallet with hosts that cannot throw past their interfaces. To be used in place of [openWallet]. */
suspend fun openGuarded(
    config: WalletConfig,
    vault: SecretVault,
    key: DeviceKey?,
    clock: Clock,
    connectivity: Connectivity,
): Wallet = openWallet(config, Guarded.vault(vault), key?.let(Guarded::key), Guarded.clock(clock), Guarded.connectivity(connectivity))

/** Wraps hosts. What they throw that is not theirs becomes a code; its text, which may hold anything, is dropped. */
object Guarded {
    fun vault(host: SecretVault): SecretVault = object : SecretVault {
        override fun seal(purpose: VaultPurpose, associated: ByteArray, plaintext: ByteArray) =
            guard { host.seal(purpose, associated, plaintext) }

        override fun open(purpose: VaultPurpose, associated: ByteArray, sealed: ByteArray) =
            guard { host.open(purpose, associated, sealed) }

        override fun bind(purpose: VaultPurpose, input: ByteArray) = guard { host.bind(purpose, input) }

        override fun put(record: VaultRecord, bytes: ByteArray) = guard { host.put(record, bytes) }

        override fun get(record: VaultRecord) = guard { host.get(record) }

        private inline fun <T> guard(ask: () -> T): T = asked<T, VaultTrouble>(ask) { VaultTrouble.Host(THREW) }
    }

    fun key(host: DeviceKey): DeviceKey = object : DeviceKey {
        override fun make() = guard { host.make() }

        override fun point(handle: ByteArray) = guard { host.point(handle) }

        override fun sign(handle: ByteArray, message: ByteArray) = guard { host.sign(handle, message) }

        private inline fun <T> guard(ask: () -> T): T = asked<T, KeyTrouble>(ask) { KeyTrouble.Host(THREW) }
    }

    fun clock(host: Clock): Clock = object : Clock {
        override fun read() = asked<ClockReading, ClockException>({ host.read() }) { ClockException.Host(THREW) }
    }

    fun connectivity(host: Connectivity): Connectivity = object : Connectivity {
        override fun connection() =
            asked<Connection, ConnectivityException>({ host.connection() }) { ConnectivityException.Host(THREW) }
    }

    fun card(host: CardTransport): CardTransport = object : CardTransport {
        override fun transmit(command: ByteArray) = guard { host.transmit(command) }

        override fun reached(progress: CardProgress) = guard { host.reached(progress) }

        private inline fun <T> guard(ask: () -> T): T = asked<T, CardLost>(ask) { CardLost.Gone() }
    }
}

private inline fun <T, reified E : Exception> asked(ask: () -> T, failed: () -> E): T = try {
    ask()
} catch (thrown: Throwable) {
    throw if (thrown is E) thrown else failed()
}
