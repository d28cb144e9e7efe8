/** The version of neco that this program belongs to. */
export const version = '0.1.0';
