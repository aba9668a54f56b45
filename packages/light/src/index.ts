export { quorumOf } from '@borgios/protocol'
