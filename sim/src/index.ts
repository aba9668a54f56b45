export { Host } from './host.ts'
export * from './liveness.ts'
export { fairWeather, Network, type Weather } from './network.ts'
export { type Published, type Stepper, World, type WorldOptions } from './world.ts'
