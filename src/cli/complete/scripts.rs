//! Completion scripts that ask for names too.

use clap_complete::Shell;

const BASH: &str = r#"
_novacron_names() {
    local name
    local -a names=()
    while IFS= read -r name; do
        names+=("$name")
    done < <("${COMP_WORDS[0]}" __complete bash -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    if ((${#names[@]})); then
        COMPREPLY=("${names[@]}")
    else
        _novacron "$@"
    fi
}
complete -F _novacron_names -o bashdefault -o default novacron
"#;

const ZSH: &str = r#"
functions[_novacron_words]=$functions[_novacron]
_novacron() {
    local -a names
    names=("${(@f)$("${words[1]}" __complete zsh -- "${(@)words[1,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${names[1]}" ]]; then
        compadd -Q -U -a names
    else
        _novacron_words "$@"
    fi
}

"#;

const FISH: &str = r#"
complete -c novacron -a "(novacron __complete fish -- (commandline -opc) (commandline -ct) 2>/dev/null)"
"#;

/// Where clap's script for zsh ends with running or announcing its function.
const ZSH_END: &str = "if [ \"$funcstack[1]\"";

/// The script with names. Of shells that are asked in no such way it stays as it is.
pub(in crate::cli) fn with_names(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => format!("{script}{BASH}"),
        Shell::Fish => format!("{script}{FISH}"),
        Shell::Zsh => match script.rfind(ZSH_END) {
            Some(end) => [&script[..end], ZSH, &script[end..]].concat(),
            None => script.to_owned(),
        },
        _ => script.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;

    fn script(shell: Shell) -> String {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::definition(), "novacron", &mut script);
        with_names(shell, &String::from_utf8(script).unwrap())
    }

    #[test]
    fn every_shell_that_can_asks_for_names() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            assert_eq!(script.matches(&format!("__complete {shell} -- ")).count(), 1, "{shell}");
        }
        let zsh = script(Shell::Zsh);
        assert!(zsh.find("_novacron_words]").unwrap() < zsh.rfind(ZSH_END).unwrap());
        assert!(!script(Shell::PowerShell).contains("__complete "));
    }
}
