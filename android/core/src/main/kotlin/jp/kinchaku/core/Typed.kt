/** What people type for the wallet: from characters to an object of the wallet, and nothing left behind. */
package jp.kinchaku.core

import java.nio.ByteBuffer
import java.nio.CharBuffer

/**
 * A PIN from what was typed; [digits] are zeros afterwards. A `String` of a PIN stays in memory until somebody needs the
 * room: fields for PINs keep characters.
 */
@Throws(PinTextException::class)
fun pinOf(digits: CharArray): Pin = taken(digits) { Pin.typed(it) }

/** A card's password from what was typed; [characters] are zeros afterwards. */
@Throws(SecretException::class)
fun signPasswordOf(characters: CharArray): SignPassword = taken(characters) { SignPassword.typed(it) }

private inline fun <T> taken(typed: CharArray, take: (ByteBuffer) -> T): T {
    val encoded = Charsets.UTF_8.encode(CharBuffer.wrap(typed))
    val direct = ByteBuffer.allocateDirect(encoded.remaining())
    try {
        direct.put(encoded).flip()
        return take(direct)
    } finally {
        encoded.array().fill(0)
        for (at in 0 until direct.capacity()) direct.put(at, 0)
        typed.fill('\u0000')
    }
}
