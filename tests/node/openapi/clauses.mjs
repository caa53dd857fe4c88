export const clauses = {};
export const excuse = () => undefined;
