export { DaemonClient } from './client/daemon-client.ts'
