// Imported late, as setup-operation.ts is.
export { collectStatus } from '@neco/cluster-operations';
