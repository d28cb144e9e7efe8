// Imported late, as setup-operation.ts is.
export { leave } from '@neco/cluster-operations';
