#!/bin/sh
# Proposes the configurations in a file, a line of JSON each, one after the other.
exec 3< "$1"
while read -r message; do
    case $message in
    '{"ask"'*)
        if read -r config <&3; then
            echo "{\"config\": $config}"
        else
            echo '{"exhausted": "the list is through"}'
        fi
        ;;
    *) echo '{}' ;;
    esac
done
