// Imported late, as setup-operation.ts is.
export { createSetupSecret, parseSetupSecret, readSetupSecretFile } from '@neco/cluster-operations';
