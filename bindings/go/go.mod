module github.com/taskseal/taskseal/bindings/go

go 1.24
