// Imported late, as setup-operation.ts is.
export { unsealVaults, vaultStatus } from '@neco/cluster-operations';
