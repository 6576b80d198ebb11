"""Sources to syntax trees: lexer and recursive-descent parser."""
