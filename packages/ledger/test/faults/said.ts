import { readFileSync, writeSync } from 'node:fs'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { type BlockHeader, ByteReader, headerHash, type Vote } from '@borgios/protocol'
import { hashKey } from '../../src/consensus/candidate.ts'
import { isConflict } from '../../src/consensus/evidence.ts'
import { readFrame } from '../../src/engine/message-codec.ts'
import { decodeFrames } from '../../src/links/frames.ts'
import { CONSENSUS_PROTOCOL } from '../../src/links/outgoing-link.ts'
import { NETWORK } from '../support/ledger-cluster.ts'
import type { Killer } from './killing.ts'

/** A network on which everything that is said to validators stands in a file before it goes out, so no word can get lost from the record. */
export function recorded(network: PeerNetwork, file: number, killer: Killer): PeerNetwork {
  const openStream: PeerNetwork['openStream'] = async (to, protocol, signal) => {
    const stream = await network.openStream(to, protocol, signal)
    return protocol === CONSENSUS_PROTOCOL ? recordedStream(stream, file, killer) : stream
  }
  return new Proxy(network, {
    get(target, name) {
      if (name === 'openStream') return openStream
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function recordedStream(stream: PeerStream, file: number, killer: Killer): PeerStream {
  return {
    remote: stream.remote,
    async send(message) {
      killer.reach('links: before a send')
      const length = Buffer.alloc(4)
      length.writeUInt32LE(message.payload.length)
      writeSync(file, Buffer.concat([length, message.payload]))
      await stream.send(message)
      killer.reach('links: after a send')
    },
    receive: () => stream.receive(),
    end: () => stream.end(),
    abort: (reason) => stream.abort(reason),
  }
}

/** What processes with one key said: own votes and own blocks, each once. */
export interface Said {
  readonly votes: readonly Vote[]
  readonly headers: readonly BlockHeader[]
}

/** Reads the files of one validator's lives. `self`: its position in the committee, the same in every epoch of these tests. */
export function readSaid(files: readonly string[], self: number): Said {
  const votes = new Map<string, Vote>()
  const headers = new Map<string, BlockHeader>()
  for (const file of files) {
    const reader = new ByteReader(readFileSync(file))
    while (reader.leftBytes > 0) {
      for (const frame of decodeFrames(reader.bytes(2 ** 30))) {
        const message = readFrame(frame)
        if (message.kind === 'vote' && message.vote.voter === self) {
          const { kind, epoch, slot, block } = message.vote
          votes.set(`${kind} ${epoch} ${slot} ${hashKey(block)}`, message.vote)
        } else if (message.kind === 'candidate' && message.block.header.leader === self) {
          headers.set(hashKey(headerHash(NETWORK, message.block.header)), message.block.header)
        }
      }
    }
  }
  return { votes: [...votes.values()], headers: [...headers.values()] }
}

/** Pairs of statements of which an honest validator makes one only, in words. */
export function contradictions({ votes, headers }: Said): readonly string[] {
  const found: string[] = []
  const bySlot = Map.groupBy(votes, ({ epoch, slot }) => `${epoch}/${slot}`)
  for (const [place, said] of bySlot) {
    for (const [index, first] of said.entries()) {
      for (const second of said.slice(index + 1)) {
        if (isConflict(first, second)) found.push(`${first.kind} and ${second.kind} in ${place}`)
      }
    }
  }
  for (const [place, made] of Map.groupBy(headers, ({ epoch, slot }) => `${epoch}/${slot}`)) {
    if (made.length > 1) found.push(`${made.length} blocks in ${place}`)
  }
  return found
}
