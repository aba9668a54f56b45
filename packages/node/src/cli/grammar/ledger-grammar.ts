import { limits } from '@borgios/core'
import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

const lines = wholeNumber(1, limits.node.maxHistoryLines)
const height = wholeNumber(0, Number.MAX_SAFE_INTEGER)
const FIRST_LINES = 50

/** `wallet balance`, `wallet send`, `wallet history`, `wallet export` and `wallet create`. */
export function addWalletCommands(program: Command, run: Runner): void {
  const wallet = program.command('wallet').description('your money: what you have, sending it, where it went')
  leaf(wallet, 'balance', (balance) =>
    balance
      .description('what your account holds, or another one')
      .argument('[account]', 'whose (default: yours)')
      .option('--verify', 'check it here by what the validators signed, and do not believe the node ("ledger verify")')
      .action((account, options) =>
        run(
          async (context) =>
            options.verify === true
              ? (await import('../commands/ledger-verify.ts')).verify(context, account, {})
              : (await import('../commands/wallet.ts')).balance(context, account),
          options,
        ),
      ),
  )
  leaf(
    wallet,
    'send',
    (send) =>
      send
        .description('send money to an account, and wait until it is final')
        .argument('<account>', 'who gets it: the text that "wallet balance" shows there')
        .argument('<amount>', 'in units, with up to 6 decimals, such as 12.5')
        .option(
          '--memo <text>',
          `for the receiver; everybody can read it (up to ${limits.ledgerCodec.maxMemoBytes} bytes)`,
        )
        .option('--no-wait', 'return once it is sent')
        .action((account, amount, options) =>
          run(
            async (context) => (await import('../commands/wallet-send.ts')).send(context, account, amount, options),
            options,
          ),
        ),
    {
      examples: [
        ['wallet send ACCOUNT 12.5 --memo "for the disk"', 'waits a second or two for the network to agree'],
        ['wallet send ACCOUNT 3 --no-wait', 'prints the transaction id at once; "ledger tx" follows it'],
      ],
      notes: [
        'The whole amount arrives. A fee comes on top, and for an account that is new the price of opening it.',
        'Returns 4 when there is not enough, 5 when it is not final in a minute (it goes on), 1 when it failed.',
      ],
    },
  )
  leaf(wallet, 'history', (history) =>
    history
      .description('every change of your balance, the newest last')
      .argument('[account]', "yours, or that of this node's operator (default: yours)")
      .option('--lines <n>', 'how many at most', lines, FIRST_LINES)
      .action((account, options) =>
        run(async (context) => (await import('../commands/wallet.ts')).history(context, account, options), options),
      ),
  )
  leaf(
    wallet,
    'export',
    (exported) =>
      exported
        .description('print your account id, which others send to; with --secret the key itself')
        .option('--secret', 'the key, which is all that anybody needs to spend your money')
        .option('-o, --output <file>', 'with --secret: a key file of mode 0600 instead of stdout')
        .action((options) =>
          run(async (context) => (await import('../commands/wallet-keys.ts')).exportWallet(context, options), options),
        ),
    {
      examples: [
        ['wallet export --secret -o wallet-copy.key', 'a copy to keep somewhere else; a lost key is lost money'],
      ],
    },
  )
  leaf(
    wallet,
    'create',
    (create) =>
      create
        .description('make the key of another account and print its id')
        .requiredOption('-o, --out <file>', 'where the key goes, with mode 0600; never replaces a file')
        .action((options) =>
          run(async (context) => (await import('../commands/wallet-keys.ts')).createWallet(context, options), options),
        ),
    {
      examples: [['wallet create --out savings.key', 'an account that no running node has the key of']],
      notes: ['The account opens on the ledger when it first gets money.'],
    },
  )
}

/** `ledger status`, `block`, `tx`, `verify`, `checkpoint`, `members`, `supply` and `genesis`. */
export function addLedgerCommands(program: Command, run: Runner): void {
  const ledger = program.command('ledger').description('what the network agrees on: blocks, members, money')
  leaf(ledger, 'status', (status) =>
    status
      .description('how far it is, who decides, and if it stands still, why')
      .action((options) => run(async (context) => (await import('../commands/ledger.ts')).status(context), options)),
  )
  leaf(ledger, 'block', (block) =>
    block
      .description('one block and its transactions')
      .argument('[height]', 'which (default: the last one)', height)
      .action((at, options) =>
        run(async (context) => (await import('../commands/ledger.ts')).block(context, at), options),
      ),
  )
  leaf(ledger, 'tx', (tx) =>
    tx
      .description('one transaction and where it stands')
      .argument('<transaction>', 'its id, or once it is final the beginning of it (4 characters or more)')
      .action((id, options) =>
        run(async (context) => (await import('../commands/ledger.ts')).transaction(context, id), options),
      ),
  )
  addVerifyCommands(ledger, run)
  leaf(ledger, 'members', (members) =>
    members
      .description('the nodes it knows: state, deposit, capacity, who decides')
      .action((options) => run(async (context) => (await import('../commands/ledger.ts')).members(context), options)),
  )
  leaf(
    ledger,
    'supply',
    (supply) =>
      supply
        .description('where all the money is: counts every record, and checks the sum against what was minted')
        .action((options) => run(async (context) => (await import('../commands/ledger.ts')).supply(context), options)),
    { notes: ['Returns 1 when the sum is not what was minted.'] },
  )
  leaf(ledger, 'genesis', (genesis) =>
    genesis
      .description('what the ledger began with, and the rules as they are now')
      .action((options) => run(async (context) => (await import('../commands/ledger.ts')).genesis(context), options)),
  )
}

function addVerifyCommands(ledger: Command, run: Runner): void {
  leaf(
    ledger,
    'verify',
    (verify) =>
      verify
        .description('check an account, a transaction or a member here, by what the validators signed')
        .argument('[id]', 'of an account, a transaction or a node, in full (default: your account)')
        .option('--checkpoint <text>', 'begin with what "ledger checkpoint" printed on a node that you trust')
        .action((id, options) =>
          run(async (context) => (await import('../commands/ledger-verify.ts')).verify(context, id, options), options),
        ),
    {
      notes: [
        'Begins with the genesis in your folder, later with what it proved before. The node is asked for proofs and not believed.',
        'Returns 1 when what it says is false, 3 when there is no such thing, 4 when what your folder knows is too old.',
      ],
    },
  )
  leaf(ledger, 'checkpoint', (checkpoint) =>
    checkpoint
      .description('the checkpoint of this node, for "ledger verify --checkpoint" of somebody who trusts it')
      .action((options) =>
        run(async (context) => (await import('../commands/ledger-verify.ts')).checkpoint(context), options),
      ),
  )
}
