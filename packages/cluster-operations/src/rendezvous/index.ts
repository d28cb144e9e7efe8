export {
  connectRendezvous,
  type RendezvousClient,
  type RendezvousClientOptions,
  type RendezvousRequestOptions,
} from './rendezvous-client.ts';
export {
  listenRendezvous,
  type RendezvousRequest,
  type RendezvousServer,
  type RendezvousServerOptions,
} from './rendezvous-server.ts';
export type { RendezvousIdentity } from './rendezvous-identity.ts';
export type { RendezvousRefusal } from './rendezvous-refusal.ts';
export { readSetupSecretFile } from './read-setup-secret-file.ts';
export type { RetryingOptions } from './retrying.ts';
export { openState, sealState } from './setup-key.ts';
export { createSetupSecret, parseSetupSecret } from './setup-secret.ts';
