import type { Application } from '@neco/bootserver-registry';
import type { Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import type { ApplicationFiles } from '@neco/cluster-access';
import type { ApplicationReader, ApplicationWriter } from '../application-access.ts';

/** What a phase of init may look at. It has no means to change anything. */
export interface InitView {
  readonly name: string;
  /** What was recorded of the application when the command began; undefined when it is new. */
  readonly known: Application | undefined;
  /** Whether it may read the registered boot servers, as asked for or as recorded. */
  readonly readsBootServers: boolean;
  readonly access: ApplicationReader;
  readonly host: HostReader;
  readonly files: ApplicationFiles;
  readonly reporter: Reporter;
}

/** What a phase of init works with. */
export interface InitContext extends InitView {
  readonly access: ApplicationWriter;
}
