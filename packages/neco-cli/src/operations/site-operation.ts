// Imported late, as setup-operation.ts is.
export { checkSite, initSite } from '@neco/cluster-operations';
