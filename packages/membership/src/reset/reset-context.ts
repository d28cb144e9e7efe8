import type { HostReader, HostWriter } from '@neco/host-installer';
import type { Reporter } from '@neco/core';
import type { ResetOptions } from './reset-options.ts';

/** What a phase of reset may look at. */
export interface ResetView {
  readonly host: HostReader;
  readonly options: ResetOptions;
  readonly signal: AbortSignal;
}

/** What a phase of reset works with. */
export interface ResetContext extends ResetView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
}
