# A script: the shell reads it line by line.
echo Hello from a script.
ls /bin | wc
