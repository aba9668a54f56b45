import { unexpected } from '../errors.ts'
import type { OpenRooms } from './rooms.ts'

export const openRooms: OpenRooms = async () => {
  throw unexpected('not wired')
}
