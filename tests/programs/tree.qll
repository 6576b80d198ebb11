// Result: 1357902
// Target: bare
// A binary search tree on the heap, by a recursive template.
type node<T> = struct { value: T; left: * node<T>; right: * node<T>; };

function insert<T>(root: * * node<T>, value: T): void {
  if (!*root) { *root = new node<T> = node<T> { value = value }; return; }
  insert<T>(value < (*root)->value ? &(*root)->left : &(*root)->right, value);
}

global order: byte = 0;

function visit<T>(root: * node<T>, use: (T) => void): void {
  if (root) {
    visit<T>(root->left, use);
    use(root->value);
    visit<T>(root->right, use);
  }
}

function note(x: byte): void { order = order * 10 + x; }

function main(): byte {
  var root: * node<byte> = null;
  var values: byte[] = [5, 1, 9, 3, 7];
  for (var i = 0; i < len values; i = i + 1) { insert(&root, values[i]); }
  visit(root, note);
  return order * 100 + sizeof (node<byte>) - 1;
}
