// Imported late, as setup-operation.ts is.
export { listMembers } from '@neco/cluster-operations';
