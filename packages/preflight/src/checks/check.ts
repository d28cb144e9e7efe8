import type { ErrorDetail, SiteConfiguration } from '@neco/core';
import type { HostFacts, HostReader } from '@neco/host-installer';

/** What a check of one server looks at. */
export interface CheckContext {
  host: HostReader;
  site: SiteConfiguration;
  lrns: readonly number[];
  facts: HostFacts;
  /** Whether this server already takes part in this very setup: what lies there is then its own. */
  resuming: boolean;
  /** Whether this server's own etcd and Vault are stopped before their ports are needed. */
  stopsOwn?: boolean;
  /** What to do with what another cluster left here: nothing at all, because it is put aside; or this hint is given. */
  leftovers?: 'put aside' | { hint: string };
  /** Told of what is no reason to refuse. */
  warn?: (message: string) => void;
  signal?: AbortSignal;
}

/** Looks for one kind of trouble and gives all of it; it changes nothing. */
export type Check = (context: CheckContext) => Promise<ErrorDetail[]>;
