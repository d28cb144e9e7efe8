export { daemonConfigurationSchema, readDaemonConfiguration, type DaemonConfiguration } from './daemon-configuration.ts';
export { runDaemon, type DaemonOptions, type Duty } from './run-daemon.ts';
export { stopSignal } from './stop-signal.ts';
