"""What a stack file says, validated; the only place that spells its camelCase."""
