/** Loaded by its first use: loading it takes a fifth of the time that a short command needs to start. */
export const fsExtra = () => import('fs-extra/esm');
