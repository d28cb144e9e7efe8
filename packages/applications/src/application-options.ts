import type { ConnectionOptions } from '@neco/cluster-access';
import type { Reporter } from '@neco/core';

/** What every operation on applications is given. */
export interface ApplicationOptions extends ConnectionOptions {
  reporter: Reporter;
  signal: AbortSignal;
}
