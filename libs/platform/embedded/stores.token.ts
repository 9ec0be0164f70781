/** Injection token of the opened `Stores`. */
export const STORES = Symbol('stores');
