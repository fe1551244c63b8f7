/** Rows of the window that a question gives as `from` and `to`, Unix ms. */
export const inWindow = 't >= fromUnixTimestamp64Milli({from:Int64}) AND t < fromUnixTimestamp64Milli({to:Int64})';
