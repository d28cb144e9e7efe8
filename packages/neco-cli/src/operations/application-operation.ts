// Imported late, as setup-operation.ts is.
export {
  checkApplicationName,
  initApplication,
  initLocal,
  listApplications,
  removeApplication,
} from '@neco/cluster-operations';
