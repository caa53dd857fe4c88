# What zsh offers behind a line: a terminal is opened in which it is typed, and the Tab key.
#
#     zsh -f offered.zsh FOLDER_OF_COMPLETIONS LINE
zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
# In the place of showing them, each word that is offered is written into a file.
zpty -w terminal "offered=${(q)1}/offered; compadd() { builtin compadd -A words \"\$@\"; print -rl -- \$words >>\$offered; builtin compadd \"\$@\" }"
zpty -w terminal "bindkey '^I' complete-word; bindkey '^Xk' kill-whole-line"
: >$1/offered
rm -f $1/done
zpty -w -n terminal "$2"$'\t'
# The line is taken back, and when this is done so is what was before it. What the terminal shows has to be taken away meanwhile.
zpty -w terminal $'\x18k'"touch ${(q)1}/done"
for turn in {1..300}; do
  [[ -e $1/done ]] && break
  zpty -rt terminal shown
  sleep 0.1
done
zpty -d terminal
sort -u $1/offered
