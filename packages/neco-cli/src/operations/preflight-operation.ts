// Imported late, as setup-operation.ts is.
export { preflight } from '@neco/cluster-operations';
