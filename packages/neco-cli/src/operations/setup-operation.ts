// Imported late, so that a command loads what it uses and no more; a bundler makes a part of each such file.
export { readSite, setup } from '@neco/cluster-operations';
