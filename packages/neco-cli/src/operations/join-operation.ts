// Imported late, as setup-operation.ts is.
export { caHash, join } from '@neco/cluster-operations';
