// All that the example needs of Node's own types.
declare const process: { readonly argv: readonly string[] };
