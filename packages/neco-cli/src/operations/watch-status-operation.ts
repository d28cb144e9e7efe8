// Imported late, as setup-operation.ts is, and only by --watch.
export { watchStatus } from '@neco/cluster-operations';
