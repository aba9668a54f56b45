import { NetworkId, NodeId } from '@borgios/core'
import type { PeerTree } from '@borgios/peertree'
import { loadOperator } from '../config/identity.ts'
import { readLeaveNote } from '../config/left-file.ts'
import { loadWallet, recordsOf, walletKeyIn } from '../config/wallet.ts'
import type { RoomsContext } from '../daemon/rooms.ts'
import { AdmissionDesk } from './admission-desk.ts'
import { readLedgerGenesis } from './ledger-genesis.ts'
import type { LedgerRegister } from './member-register.ts'
import { LedgerMembership, sponsorsFor } from './membership.ts'
import type { OpenedLedger } from './open-ledger.ts'
import { SponsorDesk } from './sponsor-desk.ts'
import { WalletSender } from './wallet-sender.ts'

export interface OpenedMembership {
  readonly membership: LedgerMembership
  /** Before the ledger stops. */
  stop(): Promise<void>
}

/** What this node is by the ledger, and what it does for those who want to be members. Throws NODE_KEY_EXPOSED, NODE_FILE_INVALID. */
export async function openMembership(
  context: RoomsContext,
  { ledger }: OpenedLedger,
  network: PeerTree,
  register: LedgerRegister,
): Promise<OpenedMembership> {
  const { identity, config, paths, clock, timers } = context
  const records = recordsOf(paths, config)
  const user = await loadWallet(walletKeyIn(records), context)
  const { signer: operator } = await loadOperator(paths, context)
  const senderOf = (signer: typeof user) =>
    new WalletSender({ ledger, signer, network: NetworkId.toBytes(identity.network), timers })
  const senders = { wallet: senderOf(user), operator: senderOf(operator) }
  const sponsor = new SponsorDesk(context, { ledger, ...senders, records })
  new AdmissionDesk({ network, ledger, sponsor, clock })
  const { members } = readLedgerGenesis(identity.genesis.ledger)
  const membership = new LedgerMembership(context, {
    network,
    register,
    ledger,
    operator: senders.operator,
    leaveNote: await readLeaveNote(paths),
    keys: { node: identity.signer, operator },
    wallet: user.publicKey,
    sponsors: sponsorsFor(identity.node, members.filter(NodeId.is)),
  })
  return {
    membership,
    async stop() {
      senders.wallet.stop()
      senders.operator.stop()
      await membership.stop()
    },
  }
}
