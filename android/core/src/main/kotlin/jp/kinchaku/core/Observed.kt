/** The balance as a flow. */
package jp.kinchaku.core

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** The balance now, and whenever it has become another one; ends with [Trouble.Closed] when the wallet is closed. */
fun Wallet.observeBalance(): Flow<BalanceView> = flow {
    balances().use { balances ->
        while (true) emit(balances.next())
    }
}
